"""What happens on several of each server. Run by itself, as three brokers cost more than all else."""
