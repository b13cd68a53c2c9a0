"""What a model is worth: its scores, figures, plots and reports, on digits and on photographs."""
