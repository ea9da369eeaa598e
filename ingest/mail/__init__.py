"""Mail: bytes in, values out.

Start at `parse.parse_mail`; what it gives back is described in `parsed`. Everything here but the connector is
pure: no network, no files, no clock.
"""
