package main

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

type selectorRequest struct {
	Selector metav1.LabelSelector `json:"selector"`
	Labels   []map[string]string  `json:"labels"`
}

type selectorAnswer struct {
	Matches []bool `json:"matches"`
}

// judgeSelector asks apimachinery which sets of labels a selector matches.
func judgeSelector(request []byte) (any, error) {
	var asked selectorRequest
	if err := read(request, &asked); err != nil {
		return nil, err
	}
	selector, err := metav1.LabelSelectorAsSelector(&asked.Selector)
	if err != nil {
		return nil, err
	}
	answer := selectorAnswer{Matches: []bool{}}
	for _, each := range asked.Labels {
		answer.Matches = append(answer.Matches, selector.Matches(labels.Set(each)))
	}
	return answer, nil
}

// marks replaces selectors by ones that any reader understands alike: a label that says whether
// apimachinery matches.
type marks struct {
	selectors []labels.Selector
}

func (m *marks) replace(selector *metav1.LabelSelector) error {
	if len(selector.MatchLabels) == 0 && len(selector.MatchExpressions) == 0 {
		return nil
	}
	real, err := metav1.LabelSelectorAsSelector(selector)
	if err != nil {
		return err
	}
	*selector = metav1.LabelSelector{MatchLabels: map[string]string{mark(len(m.selectors)): "yes"}}
	m.selectors = append(m.selectors, real)
	return nil
}

func (m *marks) of(given map[string]string) map[string]string {
	marked := map[string]string{}
	for number, selector := range m.selectors {
		if selector.Matches(labels.Set(given)) {
			marked[mark(number)] = "yes"
		}
	}
	return marked
}

func mark(number int) string {
	return fmt.Sprintf("selected-by-%d", number)
}
