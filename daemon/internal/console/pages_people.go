package console

// People is what the pages of this file ask of the desk.
type People interface{}

// peoplePages registers them.
func (c *Handler) peoplePages() {}
