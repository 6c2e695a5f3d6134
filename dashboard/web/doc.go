// Package web holds the files of the web pages, as they are served: plain ES
// modules, one style sheet, and pinned copies of the libraries they use with
// their licences (static/vendor). There is no build step.
//
//	static/index.html ─► app.js ─► pages/ ─► parts/, charts/ ─► lib/ ─► vendor/
//
// The address of a page (/, /host/<instance>, /counters, /explore, /alerts) is answered
// with index.html; the page is chosen by the path, the time range by the query
// string (range=1h, or from= and to=), one alert by /alerts?id=, the filter of
// the alerts by q=.
//
// What tests may rely on:
//
//   - body[data-ready] names the page once the first questions are answered;
//   - [data-chart="CPU"] is the frame of a chart, with its canvas inside;
//     data-last-at is the newest instant drawn, in Unix seconds, data-points
//     the number of instants;
//   - [data-alert-name][data-state][data-hard] is a row of an alert,
//     [data-event][data-event-name][data-event-to] one of the history;
//   - a row of an alert has [data-held] and [data-acked], in it [data-told] with the
//     contacts, [data-ack] with who takes care, [data-hold] with the kind of each
//     reason; [data-form] is a form by what it does, [data-picks] how many alerts a
//     silence or downtime in the making picks;
//   - [data-hold-row][data-hold-state] is a silence or downtime, [data-rota]
//     [data-oncall] a rota; [data-alert-detail] is the alert that is shown alone,
//     [data-message][data-status] somebody told, [data-episode] a trouble;
//   - [data-counter], [data-timing], [data-fs], [data-host], [data-rule] carry
//     names; [data-total] is what a counter stands at in the store;
//   - [data-lossy] in a chart is how many of its buckets lost datagrams; #lossnote
//     says how many of a bucket; [data-listener], [data-collisions] and
//     [data-offenders] stand below the charts of the counters;
//   - [data-query] is a field of Explore, with [data-fault] line:column; [role=option]
//     [data-offer] what is offered in it; [data-view], [data-stack], [data-save] and
//     [data-run] are buttons, [data-rows], [data-fit] and .scatter[data-r2] answers;
//   - [data-open-count] and [data-connection] stand at the top, [data-account]
//     and [data-bad-lines] in the accounting of the counter daemon.
//
// In this folder, npm ci and then: npm run check (types), npm test (the modules
// without a browser), npm run vendor:check (static/vendor is what npm has).
package web
