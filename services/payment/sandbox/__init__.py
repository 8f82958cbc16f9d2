"""The provider in the box: a page where a person approves or declines. No money is moved."""
