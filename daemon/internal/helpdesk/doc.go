// Package helpdesk is the vocabulary of Postern: tickets, entries, contacts,
// participants, deliveries, and the rules that hold whatever the store, the
// wire or the page may be.
//
// It imports the standard library only, so that every other package can speak
// its words and none can leak into it.
package helpdesk
