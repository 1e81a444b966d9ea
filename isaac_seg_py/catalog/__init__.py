"""What models there are, where their files come from and what is known of them."""
