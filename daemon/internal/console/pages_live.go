package console

// Live is what the pages of this file ask of the desk.
type Live interface{}

// livePages registers them.
func (c *Handler) livePages() {}
