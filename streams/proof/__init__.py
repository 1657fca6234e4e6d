"""What is counted a second time: recount, rebuild, comparison of stores."""
