"""Collecting GIFs with little labour: weak recognisers learnt from few labels rank what nobody has looked at yet."""
