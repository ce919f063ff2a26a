-- wrk's counts as one line of JSON, and a pause between two requests of a connection: this is a load and no race.
function delay()
    return 100
end

-- wrk has tried a connection by now, and would have ended if nobody had taken it.
function setup(thread)
    print("begun")
    io.flush()
end

function done(summary)
    local errors = summary.errors
    io.write(string.format('counts {"requests": %d, "connect": %d, "read": %d, "write": %d, "timeout": %d, "status": %d}\n',
        summary.requests, errors.connect, errors.read, errors.write, errors.timeout, errors.status))
end
