package live

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/posterndesk/postern/config"
)

// settled keeps in a file what manifests have settled, so that a start goes on from
// it: else a declaration that was overruled before would open sign-up.
type settled struct {
	path string // "" for nowhere
	kept []byte
}

// keptSettled is what is in that file. Hosts and addresses are of no use there, as no
// two manifests may claim the same.
type keptSettled struct {
	Schema  int                                 `json:"schema"`
	SignUps map[string]config.EstablishedSignUp `json:"signUps"`
}

// read returns what is kept; nothing if nothing was yet.
func (s *settled) read() (config.Established, error) {
	var none config.Established
	if s.path == "" {
		return none, nil
	}
	raw, err := os.ReadFile(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return none, nil
	}
	var kept keptSettled
	if err == nil {
		err = json.Unmarshal(raw, &kept)
	}
	if err == nil && kept.Schema > config.Schema {
		err = fmt.Errorf("it is of schema %d, and the newest that is known here is %d", kept.Schema, config.Schema)
	}
	if err != nil {
		return none, fmt.Errorf("read which sign-up holds: %w; without %s what is declared now decides, oldest or first by name", err, s.path)
	}
	s.kept = raw
	return config.Established{SignUps: kept.SignUps}, nil
}

// keep writes durably what has changed.
func (s *settled) keep(e config.Established) error {
	if s.path == "" {
		return nil
	}
	raw, err := json.Marshal(keptSettled{Schema: config.Schema, SignUps: e.SignUps})
	if err != nil || bytes.Equal(raw, s.kept) {
		return err
	}
	if err := replaceFile(s.path, raw); err != nil {
		return err
	}
	s.kept = raw
	return syncFolder(filepath.Dir(s.path))
}
