"""Alation: tables that are catalogued with their columns, and what people wrote about them."""
