"""What stands between a draft and a customer: each module looks for one kind of trouble and quotes it."""
