"""How the field names what it saves: one file of plain data a convention."""
