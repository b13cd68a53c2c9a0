"""Everything that runs on the device, and the contract that training shares with it."""
