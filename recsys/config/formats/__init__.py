"""How each language writes dates and times; numbers are as Django knows them."""
