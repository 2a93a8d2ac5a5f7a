package config

import "unicode/utf8"

// rules checks the rules of a form and of its routing.
func (c *checker) rules(s TicketFormSpec) {
	c.count("spec.rules", len(s.Rules), maxRules)
	c.count("spec.routing.rules", len(s.Routing.Rules), maxRoutingRules)
	if len(s.Rules)+len(s.Routing.Rules) == 0 {
		return
	}
	compiler, err := newExpressions(s.Fields)
	if err != nil {
		c.addf("spec.rules", "%v", err)
		return
	}
	fields := map[string]FieldType{}
	for _, f := range s.Fields {
		fields[f.Name] = f.Type
	}
	asked := map[string]int{} // the first rule, from 1, that asks about a field
	for i, rule := range s.Rules[:min(len(s.Rules), maxRules)] {
		path := element("spec.rules", i)
		for _, name := range c.condition(compiler, path+".when", rule.When) {
			if asked[name] == 0 {
				asked[name] = i + 1
			}
		}
		c.count(path+".effects", len(rule.Effects), maxEffects)
		if len(rule.Effects) == 0 {
			c.addf(path+".effects", "is required")
		}
		for j, effect := range rule.Effects {
			c.effect(element(path+".effects", j), effect, fields, asked)
		}
	}
	for i, rule := range s.Routing.Rules[:min(len(s.Routing.Rules), maxRoutingRules)] {
		path := element("spec.routing.rules", i)
		c.condition(compiler, path+".when", rule.When)
		c.routingSet(path+".set", rule.Set)
	}
}

// condition checks an expression and returns the fields it asks about.
func (c *checker) condition(compiler *expressions, path, text string) []string {
	if text == "" {
		c.addf(path, "is required")
		return nil
	}
	if n := utf8.RuneCountInString(text); n > maxExpression {
		c.addf(path, "has %d characters; at most %d are allowed", n, maxExpression)
		return nil
	}
	compiled, err := compiler.compile(text)
	if err != nil {
		c.addf(path, "%v", err)
	}
	return compiled.reads
}

// effect checks one effect. What it shows or hides must not be asked about by
// its own rule or one before: what a visitor sees would depend on how often the
// rules are applied.
func (c *checker) effect(path string, e Effect, fields map[string]FieldType, asked map[string]int) {
	named := 0
	for _, effect := range []struct{ verb, name string }{
		{"show", e.Show}, {"hide", e.Hide}, {"require", e.Require}, {"optional", e.Optional},
	} {
		if effect.name == "" {
			continue
		}
		named++
		at := path + "." + effect.verb
		fieldType, known := fields[effect.name]
		visibility := effect.verb == "show" || effect.verb == "hide"
		switch {
		case !known:
			hint, _ := didYouMean(effect.name, keys(fields))
			c.addf(at, "the form has no field %s%s", clip(effect.name), hint)
		case !visibility && (fieldType == Info || fieldType == Hidden):
			c.addf(at, "field %s is of type %s, which is never filled in by a visitor", clip(effect.name), fieldType)
		case visibility && asked[effect.name] > 0:
			c.addf(at, "field %s is asked about by rule %d; show or hide it in a rule before that one", clip(effect.name), asked[effect.name])
		}
	}
	if named != 1 && !c.origin.incomplete(path) {
		c.addf(path, "must have exactly one of show, hide, require, optional")
	}
}

func (c *checker) routingSet(path string, s RoutingSet) {
	if s.Priority == "" && len(s.Tags) == 0 && s.MailboxRef == nil && !c.origin.incomplete(path) {
		c.addf(path, "must have at least one of priority, tags, mailboxRef")
	}
	c.count(path+".tags", len(s.Tags), maxTags)
	c.each(path+".tags", s.Tags, maxName, tagText, "a tag of lower-case letters, digits, dots, hyphens and underscores")
	if s.MailboxRef != nil {
		c.name(path+".mailboxRef.name", s.MailboxRef.Name)
	}
}
