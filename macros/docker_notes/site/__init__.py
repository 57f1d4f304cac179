"""MkDocs' side, and Zensical's."""
