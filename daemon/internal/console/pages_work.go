package console

// Work is what the pages of this file ask of the desk.
type Work interface{}

// workPages registers them.
func (c *Handler) workPages() {}
