package rest

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/gin-gonic/gin"
	"go.yaml.in/yaml/v4"

	"github.com/destinasia/dollars/wallet-api/wallet"
)

// queries are the names of the query parameters that the document describes, by method and route. What the document does
// not describe is not in it.
var queries = sync.OnceValue(func() map[string][]string {
	type parameter struct {
		Ref  string `yaml:"$ref"`
		Name string `yaml:"name"`
		In   string `yaml:"in"`
	}
	var described struct {
		Paths map[string]map[string]struct {
			Parameters []parameter `yaml:"parameters"`
		} `yaml:"paths"`
		Components struct {
			Parameters map[string]parameter `yaml:"parameters"`
		} `yaml:"components"`
	}
	if err := yaml.Load(document, &described); err != nil {
		panic(fmt.Sprintf("read openapi.yaml: %v", err)) // it is part of the program
	}
	names := map[string][]string{}
	for path, operations := range described.Paths {
		route := strings.NewReplacer("{", ":", "}", "").Replace(path)
		for method, operation := range operations {
			key := strings.ToUpper(method) + " " + route
			names[key] = nil // described, if without any
			for _, p := range operation.Parameters {
				if shared, is := strings.CutPrefix(p.Ref, "#/components/parameters/"); is {
					p = described.Components.Parameters[shared]
				}
				if p.In == "query" {
					names[key] = append(names[key], p.Name)
				}
			}
		}
	}
	return names
})

// readQuery refuses query parameters that the document does not describe, or that are given twice: a filter that is not
// applied answers more than was asked for, and nobody would know. What is beside the document, such as /metrics, reads its own.
func (s *Server) readQuery(c *gin.Context) {
	if c.Request.URL.RawQuery == "" {
		return
	}
	known, described := queries()[c.Request.Method+" "+c.FullPath()]
	if !described {
		return
	}
	if err := checkQuery(c.Request.URL.RawQuery, known); err != nil {
		s.fail(c, err)
	}
}

var pointerEscapes = strings.NewReplacer("~", "~0", "/", "~1")

func checkQuery(query string, known []string) error {
	given, err := url.ParseQuery(query)
	if err != nil {
		return &wallet.Error{Code: wallet.CodeMalformed, Detail: "the query cannot be read: parameters are separated by & and percent-encoded"}
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		detail := ""
		switch {
		case !slices.Contains(known, name):
			detail = "is no query parameter of this request; see /docs"
		case len(given[name]) > 1:
			detail = "is given more than once"
		default:
			continue
		}
		return &wallet.Error{Code: wallet.CodeMalformed, Detail: detail, Field: "/" + pointerEscapes.Replace(name)}
	}
	return nil
}
