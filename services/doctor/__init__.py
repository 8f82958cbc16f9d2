"""What is wrong with how the server is set up, and how to mend it. One file for each thing that is looked at."""
