"""How good a network is: measures over pictures whose truth is known."""
