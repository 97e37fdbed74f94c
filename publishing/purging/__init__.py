"""What page caches must forget: noted with each delivery, told to caches in front."""
