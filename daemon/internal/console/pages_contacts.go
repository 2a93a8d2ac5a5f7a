package console

// ContactPages is what the pages of this file ask of the desk.
type ContactPages interface{}

// contactsPages registers them.
func (c *Handler) contactsPages() {}
