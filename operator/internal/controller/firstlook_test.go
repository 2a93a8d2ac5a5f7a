package controller

import "testing"

// All were looked at once the last of those that there are was, whatever was looked at
// before it was known which there are.
func TestFirstLook(t *testing.T) {
	over := func(f *firstLook) bool {
		select {
		case <-f.all:
			return true
		default:
			return false
		}
	}
	f := newFirstLook()
	f.add("a")
	if over(f) {
		t.Error("it is over before it is known who there is")
	}
	f.want(map[account]bool{"a": true, "b": true})
	f.add("c")
	if over(f) {
		t.Error("it is over without b")
	}
	f.add("b")
	if !over(f) {
		t.Error("it is not over")
	}
	f.add("b")
	none := newFirstLook()
	if none.want(map[account]bool{}); !over(none) {
		t.Error("nobody is waited for")
	}
}
