"""The bench's results as a page to read: from its JSON documents to one HTML file, SVG and PNG. Measures nothing."""
