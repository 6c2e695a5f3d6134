package depend

import "slices"

// indexed returns where each name stands; of one that is taken, the first.
func indexed(configs []Config) map[string]int {
	index := make(map[string]int, len(configs))
	for i, c := range configs {
		if _, taken := index[c.Name]; !taken {
			index[c.Name] = i
		}
	}
	return index
}

// edges returns for each config those of its needs that are in index.
func edges(configs []Config, index map[string]int) [][]int {
	out := make([][]int, len(configs))
	for i, c := range configs {
		_, names, _ := c.Needs.list()
		for _, name := range names {
			if p, ok := index[name]; ok {
				out[i] = append(out[i], p)
			}
		}
	}
	return out
}

// sorted returns an order in which parents come before their children, and the
// cycles that make it impossible, each beginning at its least member.
func sorted(parents [][]int) (order []int, cycles [][]int) {
	const (
		unseen = iota
		onPath
		done
	)
	mark := make([]int, len(parents))
	var path []int
	var walk func(int)
	walk = func(i int) {
		mark[i] = onPath
		path = append(path, i)
		for _, p := range parents[i] {
			switch mark[p] {
			case unseen:
				walk(p)
			case onPath:
				cycles = append(cycles, turned(path[slices.Index(path, p):]))
			}
		}
		path = path[:len(path)-1]
		mark[i] = done
		order = append(order, i)
	}
	for i := range parents {
		if mark[i] == unseen {
			walk(i)
		}
	}
	return order, cycles
}

// turned returns a copy of a cycle that begins at its least member.
func turned(cycle []int) []int {
	k := slices.Index(cycle, slices.Min(cycle))
	return slices.Concat(cycle[k:], cycle[:k])
}
