package plan

// Plan is what was decided about an account.
type Plan struct {
	Desired Desired
}

// Make decides what is to lie in etcd. It cannot fail: what is wrong with an object
// becomes its status.
func Make(s *Snapshot) *Plan { panic("to be written") }

// Statuses tells what each object is to say of itself.
func (p *Plan) Statuses(s Serving) Statuses { panic("to be written") }
