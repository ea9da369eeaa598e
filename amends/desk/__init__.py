"""Pages and the JSON API for the people who deal with complaints."""
