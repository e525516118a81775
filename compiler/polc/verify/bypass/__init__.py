"""What leads around the objects that other layers judge, or makes something else of them."""
