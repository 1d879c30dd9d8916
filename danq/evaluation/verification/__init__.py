"""Whether imported weights do what their authors published."""
