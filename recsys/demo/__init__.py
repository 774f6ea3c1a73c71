"""The demo: real films and ratings, a cast of users, first models and a first blend; see NOTICE.md for the data."""
