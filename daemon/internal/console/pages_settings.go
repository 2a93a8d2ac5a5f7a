package console

// Settings is what the pages of this file ask of the desk.
type Settings interface{}

// settingsPages registers them.
func (c *Handler) settingsPages() {}
