package console

// Searching is what the pages of this file ask of the desk.
type Searching interface{}

// searchPages registers them.
func (c *Handler) searchPages() {}
