"""Operations: whether everything works, what ails it, and who lives."""
