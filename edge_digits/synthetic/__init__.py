"""Pictures that the project makes: distorted digits, things that are no digits, printed digits, and scenes."""
