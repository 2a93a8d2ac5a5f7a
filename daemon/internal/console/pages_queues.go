package console

// Queues is what the pages of this file ask of the desk.
type Queues interface{}

// queuesPages registers them.
func (c *Handler) queuesPages() {}
