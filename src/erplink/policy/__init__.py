"""What policies are made of: texts with line numbers, a closed vocabulary, conditions, explanations. Pure."""
