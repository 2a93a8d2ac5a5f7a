package live

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/posterndesk/postern/config"
	"github.com/posterndesk/postern/config/wire"
)

// object is a document that was read, checked, and found fit to be served. It is
// not changed any more.
type object struct {
	doc    wire.Document
	center *config.HelpCenter
	form   *config.TicketForm
	box    *config.Mailbox
	secret *wire.Secret

	compiled *config.Form // of form
}

// readObject reads what lies at the place of a document. hash is that which the
// document gives itself, "" if there is none to be read.
func readObject(account string, ref wire.Ref, raw []byte, opener *wire.Opener) (o *object, hash string, err error) {
	doc, err := wire.Decode[wire.Document](raw)
	if err != nil {
		return nil, "", fmt.Errorf("it cannot be read: %w", err)
	}
	if doc.Namespace != account || doc.Ref() != ref {
		return nil, doc.Hash, errors.New("it says that it belongs elsewhere")
	}
	if o, err = parseObject(doc, opener); err != nil {
		return nil, doc.Hash, err
	}
	return o, doc.Hash, nil
}

func parseObject(doc wire.Document, opener *wire.Opener) (*object, error) {
	o := &object{doc: doc}
	if err := o.parse(opener); err != nil {
		return nil, err
	}
	// After the schema was looked at: of a newer one the words are that it is newer.
	if err := doc.Check(); err != nil {
		return nil, err
	}
	return o, nil
}

// parse fills in what the document is of, and checks it. Defaults are not filled
// in again: the document says all, and what it does not say is not meant.
func (o *object) parse(opener *wire.Opener) (err error) {
	meta := o.doc.Metadata()
	switch o.doc.Kind {
	case config.KindHelpCenter:
		o.center = &config.HelpCenter{Metadata: meta}
		if o.center.Spec, err = config.ReadDocument[config.HelpCenterSpec](o.doc.Body); err != nil {
			return err
		}
		return o.center.Validate().Err()
	case config.KindTicketForm:
		o.form = &config.TicketForm{Metadata: meta}
		if o.form.Spec, err = config.ReadDocument[config.TicketFormSpec](o.doc.Body); err != nil {
			return err
		}
		if err = o.form.Validate().Err(); err == nil {
			o.compiled, err = config.Compile(o.form.Spec)
		}
		return err
	case config.KindMailbox:
		o.box = &config.Mailbox{Metadata: meta}
		if o.box.Spec, err = config.ReadDocument[config.MailboxSpec](o.doc.Body); err != nil {
			return err
		}
		return o.box.Validate().Err()
	case wire.KindSecret:
		o.secret = &wire.Secret{}
		if err = json.Unmarshal(o.doc.Body, o.secret); err != nil {
			return fmt.Errorf("read a secret: %w", err)
		}
		return o.opens(opener)
	}
	return fmt.Errorf("the kind %.40q is not known here", o.doc.Kind)
}

// opens tries whether a secret can be opened, so that it is known before it is
// needed. What is in it is forgotten.
func (o *object) opens(opener *wire.Opener) error {
	if own := opener.Key().ID; o.secret.Key != own {
		return fmt.Errorf("it is sealed with the key %.40q, and this replica has %s", o.secret.Key, own)
	}
	for key, boxed := range o.secret.Values {
		if _, err := opener.Open(o.doc.Namespace, o.doc.Name, key, boxed); err != nil {
			return err
		}
	}
	return nil
}
