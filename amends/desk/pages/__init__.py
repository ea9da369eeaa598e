"""The pages of the desk: one module of routes for each part. A route's name is `module.function`."""
