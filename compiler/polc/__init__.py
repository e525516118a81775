"""polc compiles a program of `*.svc` files into Kubernetes policy and proves what it wrote."""

__version__ = "0.1.0"
