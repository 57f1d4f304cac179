"""What belongs to this site alone: the page for print, the preview picture, fixes of the theme."""
