"""A long run of every graph with troubles thrown in: nothing may grow, no image may go missing."""
