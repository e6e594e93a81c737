-- What wrk does beside asking: count the answers that are not 200, if told to, and report in JSON.
-- Without `exact` no code runs per answer, so that wrk is as fast as it can be.

local worker

function setup(thread)
  worker = thread
end

function init(args)
  others = 0
  if args[1] == "exact" then
    response = function(status)
      if status ~= 200 then others = others + 1 end
    end
  end
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests":%d,"seconds":%.6f,"read_bytes":%d,"p50_ms":%.4f,"p99_ms":%.4f,'
      .. '"failed":%d,"others":%d}\n',
    summary.requests, summary.duration / 1e6, summary.bytes,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    errors.connect + errors.read + errors.write + errors.timeout,
    math.max(errors.status, worker:get("others"))))
end
