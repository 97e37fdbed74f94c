-- Asks for one line of BENCH_REQUESTS after the other, and looks at every answer.
-- A line: method, path, body, User-Agent, Cookie, separated by tabs.

local asked, at, list = {}, 0, {}
wrong = 0

function setup(thread)
  table.insert(list, thread)
end

function init(arguments)
  mark = os.getenv("BENCH_MARK") or ""
  expected = tonumber(os.getenv("BENCH_STATUS") or "200")
  for line in io.lines(os.getenv("BENCH_REQUESTS")) do
    local part = {}
    for field in (line .. "\t"):gmatch("([^\t]*)\t") do
      table.insert(part, field)
    end
    local headers = { ["User-Agent"] = part[4] }
    if part[3] ~= "" then
      headers["Content-Type"] = "application/json"
    end
    if part[5] ~= "" then
      headers["Cookie"] = part[5]
    end
    table.insert(asked, wrk.format(part[1], part[2], headers, part[3]))
  end
end

function request()
  at = at % #asked + 1
  return asked[at]
end

function response(status, headers, body)
  if status ~= expected or (mark ~= "" and not body:find(mark, 1, true)) then
    wrong = wrong + 1
  end
end

function done(summary, latency, requests)
  local bad = 0
  for _, thread in ipairs(list) do
    bad = bad + thread:get("wrong")
  end
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests": %d, "seconds": %.6f, "wrong": %d, "broken": %d, "p50": %.3f, "p99": %.3f}\n',
    summary.requests, summary.duration / 1e6, bad,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
