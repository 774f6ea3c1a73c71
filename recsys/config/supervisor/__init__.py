"""The processes behind `manage.py up`: started in order, kept alive, stopped in order, none left behind."""
