"""Where requests go: VirtualServices, HTTPRoutes, Gateways, in the order that decides."""
