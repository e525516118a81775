"""What stands out in manifests without a program: mistakes, and who reaches whom."""
