"""What tests stand on: archives to install, an upstream to install from, readers of the source."""
