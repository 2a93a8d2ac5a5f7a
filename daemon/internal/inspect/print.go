package inspect

import (
	"fmt"
	"io"
)

// Print writes the reading for people.
func (r *Reading) Print(w io.Writer) error {
	_, err := fmt.Fprintf(w, "%s\n", r.Text)
	return err
}
