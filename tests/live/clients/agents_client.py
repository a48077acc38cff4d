# SPDX-License-Identifier: BSD-2-Clause
"""Agents of frameworks, by the scripts of the simulated provider (tools/provider_sim/agents.py):

    agents_client.py langgraph|langgraph_claude|openai_agents PROMPT NAME [NAME ...]

One agent for each name, all at once in this process. Each can look at something, and can have another one
of its kind do something, three levels deep.
"""
import asyncio
import os
import sys

URL, PROMPT = os.environ["SIM_URL"], sys.argv[2]
LEVELS = 3


def head(name):
    return {"x-sim-agent": name, "x-sim-test": os.environ["SIM_TEST"]}


def graph(model, level=1):
    """A graph whose tool calls a sub-graph, which has one of its own."""
    from langchain_core.tools import tool
    from langgraph.prebuilt import create_react_agent

    @tool
    async def look(what: str) -> str:
        """Looks at something."""
        return f"Nothing is wrong with {what}."

    @tool
    async def delegate(task: str) -> str:
        """Has another agent do it."""
        done = await graph(model, level + 1).ainvoke({"messages": [("user", task)]})
        return done["messages"][-1].content

    tools = [look, delegate] if level < LEVELS else [look]
    return create_react_agent(model, tools, prompt=f"You are an analyst of level {level}.")


async def langgraph(name):
    from langchain_openai import ChatOpenAI
    model = ChatOpenAI(model="gpt-4o-mini", base_url=URL + "/v1", api_key="sk-sim",
                       default_headers=head(name), streaming=True, stream_usage=True)
    await graph(model).ainvoke({"messages": [("user", PROMPT)]})


async def langgraph_claude(name):
    from langchain_anthropic import ChatAnthropic
    model = ChatAnthropic(model="claude-haiku-4-5", base_url=URL, api_key="sk-ant-sim",
                          default_headers=head(name))
    await graph(model).ainvoke({"messages": [("user", PROMPT)]})


async def openai_agents(name):
    import agents
    from openai import AsyncOpenAI
    client = AsyncOpenAI(base_url=URL + "/v1", api_key="sk-sim", default_headers=head(name))
    model = agents.OpenAIResponsesModel(model="gpt-4o-mini", openai_client=client)
    agents.set_tracing_disabled(True)

    @agents.function_tool
    def look(what: str) -> str:
        """Looks at something."""
        return f"Nothing is wrong with {what}."

    def agent(level):
        tools = [look]
        if level < LEVELS:
            tools.append(agent(level + 1).as_tool("ask", "Has another agent do it."))
        return agents.Agent(name=f"level {level}", instructions=f"You are an analyst of level {level}.",
                            model=model, tools=tools)

    await agents.Runner.run(agent(1), PROMPT)


async def main():
    await asyncio.gather(*(globals()[sys.argv[1]](name) for name in sys.argv[3:]))


asyncio.run(main())
