// Package outbound sends mail: it decides which copies go out, composes each
// when it is sent, and tries until the other side has taken it, has refused it
// for good, or two days are over.
//
// One mail per recipient, always: its own link, its own reply address, its own
// delivery state.
package outbound
